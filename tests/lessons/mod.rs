//! Every lesson with its official solution. A native test of `crates/lessons` and a test in the browser both replay them.

pub(crate) mod replay;

/// The list of lessons.
pub(crate) const INDEX: &str = include_str!("../../www/lessons/index.json");

macro_rules! lessons {
    ($($id:literal),* $(,)?) => {
        /// Id, lesson and solution.
        pub(crate) const LESSONS: &[(&str, &str, &str)] = &[$((
            $id,
            include_str!(concat!("../../www/lessons/", $id, ".json")),
            include_str!(concat!("../../crates/lessons/solutions/", $id, ".json")),
        )),*];
    };
}

lessons!(
    "one-kitchen",
    "ninety-ten",
    "write-path",
    "async-mode",
    "sync-mode",
    "semi-sync-mode",
    "which-mode",
    "identical",
    "own-writes",
    "stick-to-primary",
    "check-position",
    "failover",
    "split-brain",
    "tools",
    "read-write-splitting",
    "company",
    "github-2018",
    "gitlab-2017",
    "gitlab-2019",
    "where-next",
);
