//! What a random scenario is after, besides faults at random.

use core::fmt;

use super::Dice;

/// What a random scenario is after, besides faults at random. Each is mended and checked in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Theme {
    /// The Textbook profile: any settings, changed at any time.
    Textbook,
    /// The Textbook profile with settings that promise linearizable keys, left alone.
    Linearizable,
    /// The Textbook profile: a disk is lost for good, under settings that survive it.
    LostDisk,
    /// PostgreSQL, mended by a person.
    Postgresql,
    /// MySQL, mended by a person.
    Mysql,
    /// MariaDB, mended by a person.
    Mariadb,
    /// PostgreSQL under Patroni, either version, any settings, a person meddling.
    Patroni,
    /// PostgreSQL under Patroni in a synchronous mode that is left alone.
    PatroniSync,
    /// MySQL or MariaDB under MHA, which replaces the source once; then a person mends.
    Mha,
    /// Any database server under Sentinel.
    Sentinel,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 10] = [
        Self::Textbook,
        Self::Linearizable,
        Self::LostDisk,
        Self::Postgresql,
        Self::Mysql,
        Self::Mariadb,
        Self::Patroni,
        Self::PatroniSync,
        Self::Mha,
        Self::Sentinel,
    ];

    /// Whether the nodes are those of the Textbook profile.
    #[must_use]
    pub fn is_textbook(self) -> bool {
        matches!(self, Self::Textbook | Self::Linearizable | Self::LostDisk)
    }

    /// Whether something beside the databases replaces a dead primary.
    #[must_use]
    pub fn is_managed(self) -> bool {
        matches!(
            self,
            Self::Patroni | Self::PatroniSync | Self::Mha | Self::Sentinel
        )
    }

    /// How many times longer than with the Textbook profile faults go on: time-outs are in seconds there, in tens of
    /// seconds with a manager.
    pub(super) fn pace(self) -> u64 {
        match self {
            Self::Patroni | Self::PatroniSync => 9,
            Self::Mha | Self::Sentinel => 5,
            _ => 1,
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Textbook => "textbook",
            Self::Linearizable => "linearizable",
            Self::LostDisk => "lost-disk",
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
            Self::Patroni => "patroni",
            Self::PatroniSync => "patroni-sync",
            Self::Mha => "mha",
            Self::Sentinel => "sentinel",
        })
    }
}

/// Which themes random scenarios are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Themes {
    /// All.
    Any,
    /// Those of the Textbook profile.
    Textbook,
    /// This one.
    Only(Theme),
}

impl Themes {
    pub(super) fn draw(self, dice: &mut Dice) -> Theme {
        let textbook = |dice: &mut Dice| match dice.below(8) {
            0 | 1 => Theme::Linearizable,
            2 => Theme::LostDisk,
            _ => Theme::Textbook,
        };
        match self {
            Self::Only(theme) => theme,
            Self::Textbook => textbook(dice),
            Self::Any if dice.one_in(4) => textbook(dice),
            Self::Any => dice.pick(&[
                Theme::Postgresql,
                Theme::Mysql,
                Theme::Mariadb,
                Theme::Patroni,
                Theme::PatroniSync,
                Theme::Mha,
                Theme::Sentinel,
            ]),
        }
    }
}
