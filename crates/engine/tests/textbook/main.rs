//! The Textbook profile, behaviour by behaviour. Each test is a small experiment that a person could do on the page.

#[path = "../lab/mod.rs"]
mod lab;

mod clients;
mod failover;
mod messages;
mod modes;
mod split_brain;
mod why;
