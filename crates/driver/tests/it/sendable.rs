//! Every action can be run by any thread: a face's handler and a bot's task are moved between them.

use hangar_driver::{Direction, Driver, Extract, Format, Sight, WaitUntil};

use crate::rig::PATIENCE;

fn is_send<T: Send>(_: T) {}

/// Never run: that it compiles is the test.
pub(crate) fn actions(driver: &Driver, mux: &hangar_cdp::Mux) {
    is_send(Driver::open(mux));
    is_send(driver.navigate("", WaitUntil::Load, PATIENCE));
    is_send(driver.go_back(WaitUntil::Load, PATIENCE));
    is_send(driver.go_forward(WaitUntil::Load, PATIENCE));
    is_send(driver.click("", PATIENCE));
    is_send(driver.hover("", PATIENCE));
    is_send(driver.type_text("", "", PATIENCE));
    is_send(driver.fill("", "", PATIENCE));
    is_send(driver.press("", None, PATIENCE));
    is_send(driver.scroll(Direction::Down, 1, None, PATIENCE));
    is_send(driver.select("", "", PATIENCE));
    is_send(driver.wait("", Sight::Visible, PATIENCE));
    is_send(driver.wait_for_text("", PATIENCE));
    is_send(driver.answer_dialog(true, None));
    is_send(driver.evaluate("", PATIENCE));
    is_send(driver.snapshot(PATIENCE));
    is_send(driver.screenshot(true, None, PATIENCE));
    let wanted = Extract { selector: "", attribute: None, multiple: false, format: Format::Text };
    is_send(driver.extract(wanted, PATIENCE));
    is_send(driver.html(PATIENCE));
    is_send(driver.location());
    is_send(driver.pages());
    is_send(driver.switch_to(""));
    is_send(driver.is_responsive(PATIENCE));
}

#[test]
fn every_action_can_be_run_by_any_thread() {
    let _: fn(&Driver, &hangar_cdp::Mux) = actions;
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Driver>();
}
