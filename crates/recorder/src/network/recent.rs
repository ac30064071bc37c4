//! Names that were seen lately, within a bound.

use std::collections::{HashMap, VecDeque};

/// The latest of what was put in, by name.
pub(crate) struct Recent<V> {
    by_name: HashMap<Box<str>, V>,
    order: VecDeque<Box<str>>,
    most: usize,
}

impl<V> Recent<V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { by_name: HashMap::new(), order: VecDeque::new(), most }
    }

    pub(crate) fn put(&mut self, name: &str, value: V) {
        if self.by_name.insert(name.into(), value).is_none() {
            self.order.push_back(name.into());
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.by_name.remove(&oldest);
            }
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.by_name.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn the_oldest_go_first() {
        let mut recent = Recent::new(2);
        for name in ["a", "b", "b", "c"] {
            recent.put(name, ());
        }
        assert_eq!([recent.has("a"), recent.has("b"), recent.has("c")], [false, true, true]);
    }
}
