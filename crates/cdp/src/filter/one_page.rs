//! What somebody may do who was given a link to one page: all that concerns that page, and nothing beside it.
//!
//! It is asked before the table and only ever refuses; what it lets pass is judged like any other command.

use super::answer::Answer;
use super::command::Command;

/// Methods of these domains, and those without a domain, reach past the page: but for the named ones they are refused.
const PAST_THE_PAGE: &[(&str, &[&str])] = &[
    ("BotBrowser", &[]),
    ("Browser", &["getVersion"]),
    ("Hangar", &[]),
    ("Target", &["setAutoAttach", "getTargetInfo", "detachFromTarget"]),
    ("Tracing", &[]), // records every page of the browser
];

/// Params that name another page, or a whole context.
const ELSEWHERE: [&str; 2] = ["browserContextId", "targetId"];

/// `Err` is the refusal.
pub(super) fn check(command: &Command<'_>) -> Result<(), Answer> {
    let method = &*command.envelope.method;
    let Some((domain, name)) = method.split_once('.') else { return Err(Answer::denied(method)) };
    let rule = PAST_THE_PAGE.iter().find(|(past, _)| *past == domain);
    if rule.is_some_and(|(_, but)| !but.contains(&name)) {
        return Err(Answer::denied(method));
    }
    for param in ELSEWHERE {
        if command.param(param)?.is_some() {
            return Err(Answer::invalid(format_args!("'{param}' cannot be given here")));
        }
    }
    Ok(())
}
