//! One message by hand.

use super::Done;
use crate::event::{EventKind, NoEffect};
use crate::ids::MessageId;
use crate::time::Span;
use crate::world::Simulation;
use crate::world::queue::Due;

impl Simulation {
    pub(in crate::world) fn hold(&mut self, message: MessageId) -> Done {
        if self.network.find(message).is_none() {
            return Err(NoEffect::NoSuchMessage);
        }
        self.network
            .hold(message)
            .then_some(())
            .ok_or(NoEffect::NotHeld)
    }

    pub(in crate::world) fn reschedule(
        &mut self,
        message: MessageId,
        at: crate::time::Time,
    ) -> Done {
        let (slot, generation) = self
            .network
            .reschedule(message, at)
            .ok_or(NoEffect::NoSuchMessage)?;
        self.queue
            .push(at, self.cause, Due::Arrival { slot, generation });
        Ok(())
    }

    pub(in crate::world) fn release(&mut self, message: MessageId) -> Done {
        let held = self
            .network
            .find(message)
            .ok_or(NoEffect::NoSuchMessage)?
            .held;
        if !held {
            return Err(NoEffect::NotHeld);
        }
        self.reschedule(message, self.now)
    }

    pub(in crate::world) fn drop_message(&mut self, message: MessageId) -> Done {
        let dropped = self
            .network
            .drop_message(message)
            .ok_or(NoEffect::NoSuchMessage)?;
        let kind = dropped.message.kind();
        self.note(EventKind::MessageLost {
            message,
            kind,
            from: dropped.from,
            to: dropped.to,
        });
        Ok(())
    }

    pub(in crate::world) fn delay(&mut self, message: MessageId, by: Span) -> Done {
        let arrives_at = self
            .network
            .find(message)
            .ok_or(NoEffect::NoSuchMessage)?
            .arrives_at;
        self.reschedule(message, arrives_at.max(self.now) + by)
    }

    pub(in crate::world) fn duplicate(&mut self, message: MessageId) -> Done {
        let (slot, generation, at) = self
            .network
            .duplicate(message)
            .ok_or(NoEffect::NoSuchMessage)?;
        self.queue.push(
            at.max(self.now),
            self.cause,
            Due::Arrival { slot, generation },
        );
        Ok(())
    }
}
