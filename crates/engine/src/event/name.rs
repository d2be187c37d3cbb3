//! The names of events, without what they carry: what expectations and filters ask for.

use core::fmt;
use core::str::FromStr;

use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::EventKind;

macro_rules! names {
    ($($name:ident),* $(,)?) => {
        /// What happened, without the details. Written as in the trace: `promoted`, `split_brain`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the names are those of EventKind, which says what they mean")]
        pub enum EventName {
            $($name),*
        }

        impl EventName {
            /// Every name, in the order of [`EventKind`].
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }

        impl EventKind {
            /// Its name.
            #[must_use]
            pub const fn name(&self) -> EventName {
                match self {
                    $(Self::$name { .. } => EventName::$name),*
                }
            }
        }
    };
}

names!(
    Action,
    ActionHadNoEffect,
    WriteIssued,
    ReadIssued,
    OpWaits,
    OpRouted,
    OpRefused,
    WriteAcked,
    ReadAnswered,
    OpFailed,
    WriteUnknown,
    Delivered,
    MessageLost,
    Retransmitted,
    NobodyListened,
    NodeTimer,
    Inserted,
    Received,
    Flushed,
    Replayed,
    Committed,
    SemiSyncFellBack,
    SemiSyncRecovered,
    ElectableChanged,
    Killed,
    HostLost,
    Restarted,
    Frozen,
    Thawed,
    SpeedChanged,
    LinkCut,
    LinkHealed,
    LinkChanged,
    SettingChanged,
    ElectionStarted,
    Stood,
    Voted,
    ElectionFailed,
    Won,
    Promoted,
    Fenced,
    Unfenced,
    SteppedDown,
    Following,
    RejoinRefused,
    Rewound,
    BackupRestored,
    ServerStopped,
    HostReset,
    ServiceSilent,
    ServerReady,
    LogEndLost,
    PromotionStarted,
    StandbyConnected,
    StandbyStreaming,
    StandbyLost,
    UpstreamLost,
    CannotFollow,
    StandbyNamesChanged,
    LockWait,
    WaitEnded,
    ReplayPaused,
    QueryConflict,
    QueryCancelled,
    RewindImpossible,
    ServiceChanged,
    Manager,
    WriteLost,
    WriteRegained,
    NoPrimary,
    OnePrimary,
    SplitBrain,
    RebuildFailed,
    Routing,
    BinlogWritten,
    EngineCommitted,
    TransactionSkipped,
    ErrantKept,
    ErrantSpread,
    ApplierStopped,
    RelayLogDropped,
    MinReplicas,
    SlavePosSet,
);

impl EventName {
    /// Whether such an event has a field `node`: the one it is about.
    #[must_use]
    pub const fn has_node(self) -> bool {
        !matches!(
            self,
            Self::Action
                | Self::ActionHadNoEffect
                | Self::WriteIssued
                | Self::ReadIssued
                | Self::OpWaits
                | Self::WriteAcked
                | Self::ReadAnswered
                | Self::OpFailed
                | Self::WriteUnknown
                | Self::Delivered
                | Self::MessageLost
                | Self::Retransmitted
                | Self::LinkCut
                | Self::LinkHealed
                | Self::LinkChanged
                | Self::SettingChanged
                | Self::ServiceSilent
                | Self::ServiceChanged
                | Self::Manager
                | Self::Routing
                | Self::WriteLost
                | Self::WriteRegained
                | Self::NoPrimary
                | Self::SplitBrain
        )
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl FromStr for EventName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let word: StrDeserializer<'_, Error> = text.into_deserializer();
        Self::deserialize(word).map_err(|_| {
            let mut all: Vec<String> = Self::ALL.iter().map(Self::to_string).collect();
            all.sort_unstable();
            format!("\"{text}\" is not an event; they are {}", all.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for name in EventName::ALL {
            assert_eq!(name.to_string().parse(), Ok(*name));
        }
        let error = "promted".parse::<EventName>().expect_err("not an event");
        assert!(
            error.contains("\"promted\"") && error.contains("promoted"),
            "{error}"
        );
    }
}
