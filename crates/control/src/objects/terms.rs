//! The words of a text, as they are searched for: runs of letters and digits, in lower case.

use std::collections::{BTreeMap, BTreeSet};

/// Letters of a word that count; longer ones are cut.
const LONGEST: usize = 64;

/// Different words of one text that are kept.
const MOST: usize = 5_000;

/// Words of one query that are looked for.
const QUERY: usize = 32;

/// How much more a word in the name says than one in the text.
const NAME: i64 = 5;

/// Each word of a text under a name, with how much it says.
pub(super) fn weigh(name: &str, text: &str) -> Vec<(String, i64)> {
    let mut weights = BTreeMap::new();
    split(name).for_each(|word| *weights.entry(word).or_insert(0) += NAME);
    for word in split(text) {
        if let Some(weight) = weights.get_mut(&word) {
            *weight += 1;
        } else if weights.len() < MOST {
            weights.insert(word, 1);
        }
    }
    weights.into_iter().collect()
}

/// The different words of a query.
pub(super) fn words(query: &str) -> Vec<String> {
    split(query).collect::<BTreeSet<_>>().into_iter().take(QUERY).collect()
}

fn split(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().flat_map(char::to_lowercase).take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_as_often_as_it_stands_and_more_in_the_name() {
        let weights = weigh("price-list", "Price of SHOES: 10; shoes, price");
        let of = |word: &str| weights.iter().find(|(known, _)| known == word).map(|(_, weight)| *weight);
        assert_eq!((of("price"), of("shoes"), of("list"), of("10")), (Some(7), Some(2), Some(5), Some(1)));
        assert_eq!(words("The PRICE, the price!"), ["price", "the"]);
        assert!(words(" - . ").is_empty());
    }

    #[test]
    fn a_text_of_many_words_is_bounded() {
        let text: String = (0..20_000).map(|number| format!("w{number} ")).collect();
        assert_eq!(weigh("", &text).len(), MOST);
        assert_eq!(words(&text).len(), QUERY);
        assert_eq!(words(&"x".repeat(500))[0].len(), LONGEST);
    }
}
