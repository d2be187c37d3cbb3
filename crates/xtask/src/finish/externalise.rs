//! Moves every inline script of the built page into a file of its own, named after what is in it. The page's policy allows no
//! inline script, and Trunk writes its loader as one, and what reloads the page after a build.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What Trunk's server writes into pages, and into nothing else, and what to write instead: where the script that reloads asks.
const SERVED: [(&str, &str); 2] = [
    ("'{{__TRUNK_ADDRESS__}}'", "location.host"),
    (
        "'{{__TRUNK_WS_BASE__}}'",
        "new URL('.', document.currentScript.src).pathname",
    ),
];

/// The page without inline scripts, and the files that they become.
pub(super) fn externalise(html: &str, public: &str) -> (String, Vec<(String, String)>) {
    let (mut out, mut scripts) = (String::with_capacity(html.len()), Vec::new());
    let mut rest = html;
    while let Some(start) = rest.find("<script") {
        let Some(open) = rest[start..].find('>').map(|end| start + end) else {
            break;
        };
        let Some(close) = rest[open..].find("</script>").map(|end| open + end) else {
            break;
        };
        let (tag, text) = (&rest[start..open], rest[open + 1..close].trim());
        out.push_str(&rest[..start]);
        out.push_str(tag);
        if !text.is_empty() && !tag.contains(" src=") {
            let text = SERVED
                .iter()
                .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            let name = format!("start-{:016x}.js", hasher.finish());
            out.push_str(&format!(" src=\"{public}{name}\""));
            scripts.push((name, format!("{text}\n")));
            out.push_str("></script>");
        } else {
            out.push_str(&rest[open..close + "</script>".len()]);
        }
        rest = &rest[close + "</script>".len()..];
    }
    out.push_str(rest);
    (out, scripts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_become_files_and_others_stay() {
        let html = "<head><script type=\"module\">\nimport a;\n</script><script src=\"/b.js\"></script></head>";
        let (out, scripts) = externalise(html, "/");
        assert_eq!(scripts.len(), 1);
        let (name, text) = &scripts[0];
        assert_eq!(text, "import a;\n");
        assert_eq!(
            out,
            format!(
                "<head><script type=\"module\" src=\"/{name}\"></script><script src=\"/b.js\"></script></head>"
            )
        );
        assert_eq!(externalise(&out, "/"), (out.clone(), Vec::new()));
    }

    #[test]
    fn the_script_that_reloads_finds_its_server_by_itself() {
        let html = "<script>const address = '{{__TRUNK_ADDRESS__}}'; base = '{{__TRUNK_WS_BASE__}}';</script>";
        let (_, scripts) = externalise(html, "./");
        assert_eq!(
            scripts[0].1,
            "const address = location.host; base = new URL('.', document.currentScript.src).pathname;\n"
        );
    }

    #[test]
    fn the_same_script_has_the_same_name() {
        let page = |text: &str| {
            externalise(&format!("<script>{text}</script>"), "/").1[0]
                .0
                .clone()
        };
        assert_eq!(page("a"), page("a"));
        assert_ne!(page("a"), page("b"));
    }
}
