//! What a server is told to do, and whether it makes sense.

use super::{Command, Gtid};
use crate::event::EventKind;
use crate::node::{Context, Node};
use crate::scenario::{Admin, StandbyNames};

impl Node {
    pub(in crate::node::server) fn carry_out(
        &mut self,
        cx: &mut Context<'_>,
        command: &Command,
    ) -> bool {
        match command {
            Command::Promote => self.promote_server(cx),
            Command::Follow(upstream) => self.follow(cx, *upstream),
            Command::NewTimeline { above } => self.raise_timeline(cx, *above),
            Command::StandbyNames(names) => self.set_standby_names(cx, names.clone()),
            Command::Slots(slots) => self.set_slots(cx, *slots),
            Command::AppendLog(records) => self.append_log(cx, records),
            Command::Admin(admin) => self.admin(cx, admin),
        }
    }

    pub(in crate::node::server) fn admin(&mut self, cx: &mut Context<'_>, admin: &Admin) -> bool {
        match *admin {
            Admin::Follow { upstream } => self.follow(cx, Some(upstream)),
            Admin::Rewind { source } => self.start_rewind(cx, source),
            Admin::Rebuild { source } => self.start_copy(cx, source),
            Admin::PauseReplay => self.pause_replay(cx, true),
            Admin::ResumeReplay => self.pause_replay(cx, false),
            Admin::StopReceiver => self.stop_receiver(cx),
            Admin::StartReceiver => self.start_receiver(cx),
            Admin::ResetReplica => self.reset_relay_log(cx),
            Admin::SetSlavePos { server, number } => {
                self.set_slave_pos(cx, Gtid { server, number })
            }
            Admin::CancelWait { op } => self.end_wait(cx, op, false),
            Admin::TerminateBackend { op } => self.end_wait(cx, op, true),
            Admin::TerminateSender { standby } => self.terminate_sender(cx, standby),
            Admin::ConflictingQuery { for_us } => self.conflicting_query(cx, for_us),
        }
    }

    pub(in crate::node::server) fn set_standby_names(
        &mut self,
        cx: &mut Context<'_>,
        names: Option<StandbyNames>,
    ) -> bool {
        let Some(server) = &mut self.server else {
            return false;
        };
        if server.names == names {
            return false;
        }
        server.names = names;
        cx.note(EventKind::StandbyNamesChanged { node: self.id });
        self.standby_names_reloaded(cx);
        true
    }
}
