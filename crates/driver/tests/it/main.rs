//! Every operation against a real headless shell and pages that wait, move, hide, lie and hang.

#[cfg(test)]
mod click;
#[cfg(test)]
mod dialogs;
#[cfg(test)]
mod evaluate;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod large;
#[cfg(test)]
mod look;
#[cfg(test)]
mod navigate;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod sendable;
#[cfg(test)]
mod shadow;
#[cfg(test)]
mod write;
