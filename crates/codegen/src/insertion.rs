/// What came of an insertion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Inserted {
    /// The text with it.
    Text(String),
    /// There is no such point.
    Nowhere,
    /// The text would be longer than it may.
    TooLong,
}

/// Puts `content` at an insertion point of `text`: directly above every line that holds
/// `@@protoc_insertion_point(point)`, as deep as that line. `room` is by how many bytes the text may grow: a line's
/// depth counts for each line of the content.
pub fn insert(text: &str, point: &str, content: &str, room: usize) -> Inserted {
    let marker = format!("@@protoc_insertion_point({point})");
    let lines = content.split_inclusive('\n').count();
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let (mut found, mut growth) = (false, 0_usize);
    for line in text.split_inclusive('\n').filter(|line| line.contains(&marker)) {
        found = true;
        let indents = lines.saturating_mul(indent(line));
        growth = growth.saturating_add(indents).saturating_add(content.len());
    }
    if !found {
        return Inserted::Nowhere;
    }
    if growth > room {
        return Inserted::TooLong;
    }
    let mut result = String::with_capacity(text.len() + growth);
    for line in text.split_inclusive('\n') {
        if line.contains(&marker) {
            for inserted in content.split_inclusive('\n') {
                result.push_str(&line[..indent(line)]);
                result.push_str(inserted);
            }
        }
        result.push_str(line);
    }
    Inserted::Text(result)
}

#[cfg(test)]
mod tests {
    use super::{Inserted, insert};

    #[test]
    fn inserts_above_and_as_deep() {
        let text = "a\n\t// @@protoc_insertion_point(p)\nb\n";
        let wanted = "a\n\tx\n\ty\n\t// @@protoc_insertion_point(p)\nb\n";
        assert_eq!(insert(text, "p", "x\ny\n", 6), Inserted::Text(wanted.into()));
        assert_eq!(insert(text, "p", "x\ny\n", 5), Inserted::TooLong);
        assert_eq!(insert(text, "q", "x", 9), Inserted::Nowhere);
    }
}
