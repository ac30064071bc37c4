//! Cutting text to a bound.

/// `text` in at most `most` bytes; an ellipsis says that there was more.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    const MORE: &str = "…";
    let mut end = text.floor_char_boundary(most.saturating_sub(MORE.len()));
    if most < MORE.len() {
        end = 0;
    }
    let mut short = text[..end].to_owned();
    if most >= MORE.len() {
        short.push_str(MORE);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn what_is_cut_says_so_and_stays_text() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcdef", 5), "ab…");
        assert_eq!(cut("ääää", 6), "ä…");
        assert_eq!(cut("abc", 0), "");
        for most in 0..12 {
            assert!(cut("aä€😀xyz", most).len() <= most);
        }
    }
}
