/// Puts `content` at an insertion point of `text`: directly above every line that holds
/// `@@protoc_insertion_point(point)`, as deep as that line. `None` where there is none.
pub fn insert(text: &str, point: &str, content: &str) -> Option<String> {
    let marker = format!("@@protoc_insertion_point({point})");
    let mut found = false;
    let mut result = String::with_capacity(text.len() + content.len());
    for line in text.split_inclusive('\n') {
        if line.contains(&marker) {
            found = true;
            let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
            for inserted in content.split_inclusive('\n') {
                result.push_str(indent);
                result.push_str(inserted);
            }
        }
        result.push_str(line);
    }
    found.then_some(result)
}

#[cfg(test)]
mod tests {
    use super::insert;

    #[test]
    fn inserts_above_and_as_deep() {
        let text = "a\n\t// @@protoc_insertion_point(p)\nb\n";
        assert_eq!(
            insert(text, "p", "x\ny\n").as_deref(),
            Some("a\n\tx\n\ty\n\t// @@protoc_insertion_point(p)\nb\n")
        );
        assert_eq!(insert(text, "q", "x"), None);
    }
}
