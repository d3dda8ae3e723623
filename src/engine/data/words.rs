//! Where the words of a text begin and end.

/// The words of `text`: what stands between blanks and punctuation. An apostrophe inside a word belongs to it. A text
/// without blanks, as in Chinese, is one word.
pub fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|character| parts(character) && !is_apostrophe(character))
        .map(|word| word.trim_matches(is_apostrophe))
        .filter(|word| !word.is_empty())
}

/// `text` in small letters, each by itself. The library's own way has a rule for the last sigma of a word, and weighs
/// four kilobytes for it.
#[must_use]
pub fn small(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}')
}

/// Whether a character stands between words: blanks, punctuation, symbols. By the blocks of Unicode, because the
/// tables of single characters would weigh more than all else that reads texts.
const fn parts(character: char) -> bool {
    match character {
        '\0'..='\x7f' => !character.is_ascii_alphanumeric(),
        // Latin-1, general punctuation and symbols, marks of Chinese and Japanese, wide forms of ASCII, emoji.
        '\u{80}'..='\u{bf}'
        | '×'
        | '÷'
        | '\u{2000}'..='\u{206f}'
        | '\u{20a0}'..='\u{20cf}'
        | '\u{2190}'..='\u{2bff}'
        | '\u{2e00}'..='\u{2e7f}'
        | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{30fb}'
        | '\u{fe10}'..='\u{fe1f}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff20}'
        | '\u{ff3b}'..='\u{ff40}'
        | '\u{ff5b}'..='\u{ff65}'
        | '\u{1f000}'..='\u{1faff}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_letters_are_those_of_each_alphabet() {
        assert_eq!(small("Amélie ÉMILE Война 红 ΟΔΟΣ 1"), "amélie émile война 红 οδοσ 1");
    }

    #[test]
    fn words_stand_between_blanks_and_punctuation() {
        let of = |text| words(text).collect::<Vec<_>>();
        assert_eq!(of("Schindler's  List (1993)"), ["Schindler's", "List", "1993"]);
        assert_eq!(of("'Sci-Fi', Amélie!"), ["Sci", "Fi", "Amélie"]);
        assert_eq!(of("红楼梦：第一回"), ["红楼梦", "第一回"]);
        assert_eq!(
            of("「すべて」・ｆｕｌｌ！\u{3000}«Война и мир»…🙂"),
            ["すべて", "ｆｕｌｌ", "Война", "и", "мир"]
        );
        assert!(of("").is_empty() && of(" ?!' ").is_empty());
    }
}
