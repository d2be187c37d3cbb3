//! What settings promise and can lose, in plain words.

use replicascope_engine::promises::outlook::{
    Acked, Alone, CrashLoss, FailoverLoss, Outlook, Reads, Takeover, TwoPrimaries,
};
use replicascope_engine::scenario::{CommitLevel, Database};
use replicascope_engine::time::Span;

use super::{count, span};

/// What the profile calls the node that takes writes, and a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// Takes writes.
    pub(crate) primary: &'static str,
    /// A copy.
    pub(crate) replica: &'static str,
}

impl Names {
    /// Several that take writes.
    pub(crate) fn primaries(self) -> &'static str {
        match self.primary {
            "source" => "sources",
            _ => "primaries",
        }
    }

    /// Those of a database.
    pub(crate) fn of(database: &Database) -> Self {
        let (primary, replica) = match database {
            Database::Textbook | Database::Mariadb(_) => ("primary", "replica"),
            Database::Postgresql(_) => ("primary", "standby"),
            Database::Mysql(_) => ("source", "replica"),
        };
        Self { primary, replica }
    }
}

/// Two lists: what holds, and what can go wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// What holds.
    pub(crate) holds: Vec<String>,
    /// What can be lost, or stand still.
    pub(crate) can_lose: Vec<String>,
}

fn ms(ms: u64) -> String {
    span(Span(ms * 1_000))
}

/// The whole outlook.
pub(crate) fn summary(outlook: &Outlook, names: Names) -> Summary {
    let mut it = Summary::default();
    acked(outlook.acked, names, &mut it);
    crash(outlook.crash, names, &mut it);
    failover(outlook.failover, names, &mut it);
    alone(outlook.alone, names, &mut it);
    takeover(outlook.takeover, names, &mut it);
    two_primaries(outlook.two_primaries, names, &mut it);
    reads(outlook.reads, names, &mut it);
    it
}

/// The outlook in one line, for where there is room for no more.
pub(crate) fn brief(outlook: &Outlook) -> &'static str {
    match (outlook.failover, outlook.acked) {
        (_, Acked::Executed) => "Can lose acked writes in any crash.",
        (FailoverLoss::Nothing, _) => "Loses no acked write in a failover.",
        (
            FailoverLoss::NothingIfConfirmed {
                fallback_ms: Some(_),
                ..
            },
            _,
        ) => "Loses no acked write, unless it fell back to async.",
        (FailoverLoss::NothingIfConfirmed { .. } | FailoverLoss::NothingIfBestOf(_), _) => {
            "Loses no acked write if the right one takes over."
        }
        (FailoverLoss::Tail { .. }, _) => "Can lose the last acked writes in a failover.",
    }
}

fn acked(acked: Acked, Names { primary, replica }: Names, it: &mut Summary) {
    let disk = format!("An app is told OK when the write is on the {primary}'s disk");
    it.holds.push(match acked {
        Acked::Executed => {
            it.can_lose
                .push("An app is told OK before the write is on any disk.".to_owned());
            return;
        }
        Acked::Flushed => format!("{disk}."),
        Acked::Written => "An app is told OK when the write is in the binlog, which the operating system puts on the disk in its own time.".to_owned(),
        Acked::Received { by } => {
            format!("{disk} and {} received it.", have(by, replica))
        }
        Acked::Standbys { level, by, any } => {
            let how = match level {
                CommitLevel::RemoteWrite => "it in memory",
                CommitLevel::RemoteApply => "replayed it",
                _ => "it on disk",
            };
            let listed = format!("listed {replica}");
            let who = match (by, any) {
                (1, true) => format!("any one {listed} has"),
                (1, false) => format!("the first {listed} has"),
                (_, true) => format!("any {}", have(by, &listed)),
                (_, false) => format!("the first {}", have(by, &listed)),
            };
            format!("{disk} and {who} {how}.")
        }
        Acked::Applied => {
            format!("{disk} and every member of the sync set has applied it.")
        }
    });
}

/// `1 replica has`, `2 replicas have`.
fn have(number: u8, one: &str) -> String {
    let verb = if number == 1 { "has" } else { "have" };
    format!("{} {verb}", count(u64::from(number), one))
}

fn crash(crash: CrashLoss, Names { primary, .. }: Names, it: &mut Summary) {
    match crash {
        CrashLoss::Nothing => it.holds.push(format!(
            "A {primary} that crashes and comes back has lost none of it."
        )),
        CrashLoss::LastMs(last) => it.can_lose.push(format!(
            "A {primary} that crashes loses up to the last {} of acked writes.",
            ms(last)
        )),
        CrashLoss::Unsynced => it.can_lose.push(format!(
            "A {primary} that loses power loses what was not yet on its disk. The death of its process loses nothing."
        )),
    }
}

fn failover(loss: FailoverLoss, Names { primary, replica }: Names, it: &mut Summary) {
    match loss {
        FailoverLoss::Nothing => it.holds.push("A failover loses no acked write.".to_owned()),
        FailoverLoss::NothingIfConfirmed {
            in_memory,
            reads_vanish,
            fallback_ms,
        } => {
            it.holds.push(format!(
                "A failover loses no acked write if a {replica} that confirmed it takes over."
            ));
            if in_memory {
                it.can_lose.push(format!(
                    "If that {replica}'s machine goes down too, what it had in memory is lost."
                ));
            }
            if reads_vanish {
                it.can_lose.push(
                    "Others read a row before a replica has it. After a failover such a row can be gone.".to_owned(),
                );
            }
            if let Some(after) = fallback_ms {
                it.can_lose.push(format!(
                    "After {} without an answer writes go on alone. From then on a failover loses them.",
                    ms(after)
                ));
            }
        }
        FailoverLoss::NothingIfBestOf(least) => it.holds.push(format!(
            "A failover loses no acked write if the furthest of at least {} takes over.",
            count(u64::from(least), &format!("listed {replica}"))
        )),
        FailoverLoss::Tail {
            rescued,
            most_bytes,
        } => {
            it.can_lose.push(format!(
                "A failover loses the acked writes that the new {primary} had not received: about the write rate times the delay."
            ));
            if rescued {
                it.holds.push(format!(
                    "MHA saves them from the dead {primary}'s disk, if its host still answers."
                ));
            }
            if let Some(bytes) = most_bytes {
                it.holds.push(format!(
                    "A {replica} more than {bytes} bytes behind does not take over."
                ));
            }
        }
    }
}

fn alone(alone: Alone, Names { replica, .. }: Names, it: &mut Summary) {
    match alone {
        Alone::GoOn => it.holds.push(format!("No {replica} can hold up a write.")),
        Alone::Wait => it.can_lose.push(format!(
            "Writes wait for as long as too few {replica}s confirm."
        )),
        Alone::GoOnAfterMs(after) => it.can_lose.push(format!(
            "A {replica} that does not answer holds up writes for {}.",
            ms(after)
        )),
        Alone::GoOnWithoutFailover => it.can_lose.push(format!(
            "With no synchronous {replica} left writes go on alone, and nobody may take over."
        )),
    }
}

fn takeover(takeover: Takeover, Names { primary, replica }: Names, it: &mut Summary) {
    match takeover {
        Takeover::ByHand => it.can_lose.push(format!(
            "Nobody replaces a dead {primary}: writes wait until a person promotes a {replica}."
        )),
        Takeover::Election { after_us } => it.holds.push(format!(
            "The nodes elect a new {primary} after {} of silence.",
            span(Span(after_us))
        )),
        Takeover::Patroni { ttl } => it.holds.push(format!(
            "Patroni promotes a {replica} once the {primary}'s lease has run out, after at most {ttl} s."
        )),
        Takeover::Mha { ping_interval } => it.holds.push(format!(
            "MHA promotes a {replica} after four failed pings: {} to {} s. It does so once.",
            3 * ping_interval,
            5 * ping_interval
        )),
        Takeover::Sentinel {
            down_after_ms,
            sentinels,
        } => it.holds.push(format!(
            "A majority of {} promotes a {replica} after {} of silence.",
            count(u64::from(sentinels), "Sentinel"),
            ms(down_after_ms)
        )),
    }
}

fn two_primaries(two: TwoPrimaries, names: Names, it: &mut Summary) {
    let (primary, primaries) = (names.primary, names.primaries());
    let cut_off = format!("A {primary} that is only cut off goes on beside the new one");
    it.can_lose.push(match two {
        TwoPrimaries::Never => {
            it.holds
                .push("Two nodes never take writes at once.".to_owned());
            return;
        }
        TwoPrimaries::WhileFrozen { within } => format!(
            "Without a watchdog an agent that stands still leaves two {primaries}. One that is cut off stops within {within} s; what it acks until then is lost."
        ),
        TwoPrimaries::IfPromoted => {
            format!("Promoting one while the other lives makes two {primaries}.")
        }
        TwoPrimaries::IfCutOff => format!("{cut_off}, and what it acks is lost."),
        TwoPrimaries::IfCutOffFor(within) => {
            format!("{cut_off} for {within} s or so, and what it acks is lost.")
        }
        TwoPrimaries::IfUnreachable => {
            format!("{cut_off} if MHA cannot reach it to take it out of service.")
        }
    });
}

fn reads(reads: Reads, Names { primary, replica }: Names, it: &mut Summary) {
    let (holds, text) = match reads {
        Reads::Primary => (true, format!("Reads go to the {primary} and are fresh.")),
        Reads::AllAcked => (
            true,
            format!("A read on any {replica} sees every acked write."),
        ),
        Reads::OwnAndForward => (
            true,
            "An app reads its own writes, and never goes back in time.".to_owned(),
        ),
        Reads::Own => (true, "An app reads its own writes.".to_owned()),
        Reads::OwnWhileLagBelowMs(most) => (
            true,
            format!(
                "An app reads its own writes while lag is below {}.",
                ms(most)
            ),
        ),
        Reads::Forward => (
            true,
            format!("An app never goes back in time, until its {replica} is lost."),
        ),
        Reads::PolledMs(most) => (
            false,
            format!(
                "Reads are up to {} old, as far as the router knows.",
                ms(most)
            ),
        ),
        Reads::PolledBytes(most) => (
            false,
            format!("Reads are as old as {most} bytes of log, and as the router's last look."),
        ),
        Reads::AnyAge => (
            false,
            format!(
                "Reads are as old as the {replica} that answers; an app may miss its own write."
            ),
        ),
    };
    if holds {
        it.holds.push(text);
    } else {
        it.can_lose.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;

    fn said(settings: &str) -> (String, String) {
        let text = format!(r#"{{"version":2,"settings":{settings}}}"#);
        let scenario = Scenario::from_json(&text).expect("valid");
        let outlook = Outlook::of(&scenario.cluster, &scenario.settings);
        let Summary { holds, can_lose } = summary(&outlook, Names::of(&scenario.settings.database));
        (holds.join(" "), can_lose.join(" "))
    }

    #[test]
    fn the_words_are_those_of_the_profile() {
        let (holds, can_lose) =
            said(r#"{"database":{"mysql":{"rpl_semi_sync_source_enabled":true}}}"#);
        assert!(
            holds.contains("on the source's disk and 1 replica has received it."),
            "{holds}"
        );
        assert!(
            can_lose.contains("After 10.0 s without an answer writes go on alone."),
            "{can_lose}"
        );
        let (holds, _) = said(
            r#"{"database":{"postgresql":{"synchronous_commit":"remote_apply","synchronous_standby_names":"ANY 2 (*)"}}}"#,
        );
        assert!(
            holds.contains("any 2 listed standbys have replayed it."),
            "{holds}"
        );
        assert!(
            holds.contains("the furthest of at least 3 listed standbys takes over"),
            "{holds}"
        );
    }

    #[test]
    fn what_can_be_lost_is_not_said_to_hold() {
        let (holds, can_lose) = said("{}");
        assert!(
            can_lose.contains(
                "A failover loses the acked writes that the new primary had not received"
            )
        );
        assert!(!holds.contains("loses no acked write"), "{holds}");
        let (holds, can_lose) = said(r#"{"mode":"sync"}"#);
        assert!(
            holds.contains("A failover loses no acked write."),
            "{holds}"
        );
        assert!(!can_lose.contains("A failover loses"), "{can_lose}");
    }
}
