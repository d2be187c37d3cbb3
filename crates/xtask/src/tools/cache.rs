//! The folder of tools in the user's cache, shared by all clones.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// `~/.cache/replicascope/tools`, or where the user keeps caches.
pub(super) struct Cache {
    folder: PathBuf,
}

/// A tool in the cache.
pub(super) struct Entry<'a> {
    /// What it is called; part of the folder's name.
    pub(super) name: &'a str,
    /// The exact version; the other part.
    pub(super) version: &'a str,
    /// The program, relative to that folder. It is there, or the tool is not installed.
    pub(super) program: &'a str,
}

impl Cache {
    /// Finds out where the cache is.
    pub(super) fn open() -> Result<Self, Failure> {
        let folder = folder_from(|name| env::var_os(name).map(PathBuf::from));
        let folder = folder.ok_or_else(|| {
            Failure::new("there is no place for the tools: set XDG_CACHE_HOME to a folder")
        })?;
        Ok(Self { folder })
    }

    /// The folder the tool's programs are in, after `install` has filled the folder it is given, if it
    /// was not there yet.
    ///
    /// `install` works beside the real place and the result is moved there in one step, so whatever was
    /// interrupted does not count. A lock makes a second clone wait and then use what the first installed.
    pub(super) fn ensure(
        &self,
        entry: &Entry<'_>,
        install: impl FnOnce(&Path) -> Result<(), Failure>,
    ) -> Result<PathBuf, Failure> {
        let name = format!("{}-{}", entry.name, entry.version);
        let place = self.folder.join(&name);
        let bin_folder = place.join(Path::new(entry.program).parent().unwrap_or(Path::new("")));
        if place.join(entry.program).is_file() {
            return Ok(bin_folder);
        }

        let _lock = self.lock(&name)?;
        if place.join(entry.program).is_file() {
            return Ok(bin_folder);
        }
        let partial = self.folder.join(format!("{name}.partial"));
        clear(&partial)?;
        fs::create_dir_all(&partial).map_err(Failure::file("create", &partial))?;
        install(&partial)?;
        if !partial.join(entry.program).is_file() {
            return Err(Failure::new(format!(
                "{name} was installed but has no {}",
                entry.program
            )));
        }
        clear(&place)?;
        fs::rename(&partial, &place).map_err(Failure::file("move the new tool to", &place))?;
        Ok(bin_folder)
    }

    /// Takes the lock called `name`, waiting for whoever has it. It ends with the returned file, and at
    /// the latest with this process.
    pub(super) fn lock(&self, name: &str) -> Result<File, Failure> {
        fs::create_dir_all(&self.folder).map_err(Failure::file("create", &self.folder))?;
        let path = self.folder.join(format!("{name}.lock"));
        let lock = File::create(&path).map_err(Failure::file("create", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                println!("Waiting for another process that is installing {name} ...");
                lock.lock().map_err(Failure::file("lock", &path))?;
            }
            Err(TryLockError::Error(error)) => return Err(Failure::file("lock", &path)(error)),
        }
        Ok(lock)
    }
}

fn folder_from(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // The XDG specification: a path that is not absolute is to be ignored.
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("LOCALAPPDATA"))
        .or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("replicascope").join("tools"))
}

fn clear(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::file("clear", folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Entry<'_> = Entry {
        name: "tool",
        version: "1.2.3",
        program: "bin/tool",
    };

    /// A cache of its own, gone after the test.
    struct Scratch(Cache);

    impl Scratch {
        fn new(test: &str) -> Self {
            let name = format!("replicascope-cache-{test}-{}", std::process::id());
            Self(Cache {
                folder: env::temp_dir().join(name),
            })
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0.folder);
        }
    }

    fn write_program(folder: &Path) -> Result<(), Failure> {
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::write(folder.join(ENTRY.program), "").unwrap();
        Ok(())
    }

    #[test]
    fn the_second_time_nothing_is_installed() {
        let Scratch(cache) = &Scratch::new("second");
        let first = cache.ensure(&ENTRY, write_program).unwrap();
        assert_eq!(first, cache.folder.join("tool-1.2.3/bin"));
        let second = cache.ensure(&ENTRY, |_| panic!("installed twice")).unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn what_was_interrupted_does_not_count() {
        let Scratch(cache) = &Scratch::new("interrupted");
        let stop = |folder: &Path| {
            write_program(folder)?;
            Err(Failure::new("interrupted"))
        };
        assert!(cache.ensure(&ENTRY, stop).is_err());
        assert!(!cache.folder.join("tool-1.2.3").exists());
        // Nor does a folder somebody left at the real place, without the program in it.
        fs::create_dir_all(cache.folder.join("tool-1.2.3/bin")).unwrap();
        let mut called = false;
        let install = |folder: &Path| {
            called = true;
            assert!(!folder.join(ENTRY.program).exists());
            write_program(folder)
        };
        cache.ensure(&ENTRY, install).unwrap();
        assert!(called);
    }

    #[test]
    fn of_two_at_once_one_installs() {
        let Scratch(cache) = &Scratch::new("two");
        let installs = std::sync::atomic::AtomicU32::new(0);
        let install = || {
            let count = |folder: &Path| {
                installs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                write_program(folder)
            };
            cache.ensure(&ENTRY, count).unwrap();
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(install);
            }
        });
        assert_eq!(installs.into_inner(), 1);
    }

    #[test]
    fn the_cache_is_where_the_user_keeps_caches() {
        let with = |set: &'static [(&str, &str)]| {
            folder_from(|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let expected = Some(PathBuf::from("/home/ada/.cache/replicascope/tools"));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("HOME", "/home/ada")]), expected);
        assert_eq!(
            with(&[("XDG_CACHE_HOME", "relative"), ("HOME", "/home/ada")]),
            expected
        );
        let elsewhere = Some(PathBuf::from("/caches/replicascope/tools"));
        assert_eq!(
            with(&[("XDG_CACHE_HOME", "/caches"), ("HOME", "/home/ada")]),
            elsewhere
        );
    }
}
