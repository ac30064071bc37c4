//! Which of a client's commands wait while a person has control.

pub(super) const DIALOG: &str = "Page.handleJavaScriptDialog";

/// Whether a command acts in a page under a person's hands or takes it from them: input and the focus that it goes to, files
/// for the page, what it shows, tabs that come and go. Not what only looks or sets up, and no script: what one does cannot be
/// told beforehand, and clients read pages by them. A page that is taken elsewhere by `location.href` is so, too.
pub(super) fn acts(method: &str) -> bool {
    method.starts_with("Input.")
        || matches!(
            method,
            "DOM.focus"
                | "DOM.setFileInputFiles"
                | "Page.close"
                | DIALOG
                | "Page.navigate"
                | "Page.navigateToHistoryEntry"
                | "Page.reload"
                | "Page.setDocumentContent"
                | "Page.stopLoading"
                | "Target.closeTarget"
                | "Target.createTarget"
                | "Target.disposeBrowserContext"
        )
}
