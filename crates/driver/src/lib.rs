//! Acts in a page over CDP as a careful person would: finds the element, waits until it can be used, uses it.
//!
//! It is what a REST action does, and later a bot's step and an agent's tool. One file per operation. It must never act on
//! an element that a person could not have acted on, and never waits longer than it was allowed to.
