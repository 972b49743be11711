use std::collections::BTreeMap;

/// The files with imports that leave the package's own folders made absolute. Some plugins write `from ....geo.v1 import geo_pb` as
/// soon as two files have a folder in common, or none: from a folder at the top there is nothing further up, and an import that
/// goes there fails where the package is installed.
pub(super) fn made_absolute(mut files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for (path, text) in &mut files {
        let depth = path.matches('/').count();
        if text.lines().any(|line| is_beyond(line, depth)) {
            let lines: Vec<String> = text.split('\n').map(|line| absolute(line, depth)).collect();
            *text = lines.join("\n");
        }
    }
    files
}

/// The dots of an import, if it is one that goes up, and what is behind them.
fn dots(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start().strip_prefix("from .")?;
    let name = rest.trim_start_matches('.');
    Some((rest.len() - name.len() + 1, name))
}

/// Whether a line imports from beyond the folder at the top: one dot is a file's own folder.
fn is_beyond(line: &str, depth: usize) -> bool {
    dots(line).is_some_and(|(dots, _)| dots > depth)
}

fn absolute(line: &str, depth: usize) -> String {
    match dots(line) {
        Some((dots, name)) if dots > depth => {
            let indent = &line[..line.len() - line.trim_start().len()];
            match name.strip_prefix(" import ") {
                Some(module) => format!("{indent}import {module}"),
                None => format!("{indent}from {name}"),
            }
        }
        Some(_) | None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_stay_below_the_top() {
        for (path, line, wanted) in [
            ("acme/v1/a_pb.py", "from ...geo.v1 import geo_pb", "from geo.v1 import geo_pb"),
            ("acme/v1/a_pb.py", "from ..geo.v1 import geo_pb", "from ..geo.v1 import geo_pb"),
            ("acme/v1/a_pb.py", "    from ... import top_pb", "    import top_pb"),
            ("a_pb.py", "from . import b_pb", "import b_pb"),
            ("a_pb.py", "from .b import c", "from b import c"),
            ("acme/v1/a_pb.py", "from typing import x", "from typing import x"),
        ] {
            let files = BTreeMap::from([(path.to_owned(), line.to_owned())]);
            assert_eq!(made_absolute(files)[path], wanted);
        }
    }
}
