//! Where the words of a text begin and end.

/// The words of `text`: what stands between blanks and punctuation. An apostrophe inside a word belongs to it. A text
/// without blanks, as in Chinese, is one word.
pub fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    let apostrophe = |character| matches!(character, '\'' | '\u{2019}');
    text.split(move |character: char| !character.is_alphanumeric() && !apostrophe(character))
        .map(move |word| word.trim_matches(apostrophe))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_stand_between_blanks_and_punctuation() {
        let of = |text| words(text).collect::<Vec<_>>();
        assert_eq!(of("Schindler's  List (1993)"), ["Schindler's", "List", "1993"]);
        assert_eq!(of("'Sci-Fi', Amélie!"), ["Sci", "Fi", "Amélie"]);
        assert_eq!(of("红楼梦：第一回"), ["红楼梦", "第一回"]);
        assert!(of("").is_empty() && of(" ?!' ").is_empty());
    }
}
