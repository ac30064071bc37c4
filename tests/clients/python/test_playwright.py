"""Playwright for Python, sync API, over connect_over_cdp."""

import unittest

from playwright.sync_api import Error, sync_playwright

import server


class PlaywrightTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = server.Site()
        cls.addClassCleanup(cls.site.close)
        cls.hangar = server.start()
        cls.addClassCleanup(cls.hangar.stop)
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)

    def setUp(self):
        self.browser = self.playwright.chromium.connect_over_cdp(self.hangar.endpoint())
        self.addCleanup(self.browser.close)
        self.context = self.browser.new_context()
        self.addCleanup(self.context.close)
        self.page = self.context.new_page()

    def test_navigates_and_evaluates(self):
        response = self.page.goto(f"{self.site.origin}/")
        self.assertEqual(response.status, 200)
        self.assertEqual(self.page.title(), "First")
        self.page.get_by_role("link", name="second").click()
        self.page.wait_for_url("**/second")
        self.assertEqual(self.page.evaluate("([a, b]) => a * b", [6, 7]), 42)
        with self.assertRaisesRegex(Error, "on purpose"):
            self.page.evaluate("() => { throw new Error('on purpose') }")

    def test_keeps_contexts_apart(self):
        other = self.browser.new_context(timezone_id="Asia/Tokyo", locale="fr-FR")
        pages = [self.page, other.new_page()]
        for page in pages:
            page.goto(f"{self.site.origin}/")
        pages[0].evaluate("document.cookie = 'mine=1'")
        self.assertEqual(pages[1].evaluate("document.cookie"), "")
        self.assertEqual(pages[1].evaluate("navigator.language"), "fr-FR")
        self.assertEqual(pages[1].evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone"), "Asia/Tokyo")
        other.close()

    def test_takes_screenshots_and_prints(self):
        self.page.goto(f"{self.site.origin}/")
        self.assertEqual(self.page.screenshot()[1:4], b"PNG")
        self.assertEqual(self.page.pdf()[:5], b"%PDF-")

    def test_routes_requests(self):
        self.page.route("**/thing", lambda route: route.fulfill(body="from the client"))
        self.page.goto(f"{self.site.origin}/fetcher")
        self.page.get_by_text("from the client").wait_for()

    def test_sees_workers(self):
        with self.page.expect_worker() as worker:
            self.page.goto(f"{self.site.origin}/worker")
        self.page.wait_for_function("document.title === 'worker 42'")
        self.assertTrue(worker.value.url.endswith("/worker.js"))

    def test_gets_popups(self):
        self.page.goto(f"{self.site.origin}/popup")
        with self.page.expect_popup() as popup:
            self.page.get_by_role("button").click()
        popup.value.wait_for_load_state()
        self.assertEqual(popup.value.title(), "Second")

    def test_answers_dialogs(self):
        self.page.goto(f"{self.site.origin}/dialog")
        self.page.once("dialog", lambda dialog: dialog.accept("Ada"))
        self.page.get_by_role("button").click()
        self.assertEqual(self.page.locator("#answer").text_content(), "Ada")

    def test_sends_a_file_of_its_own(self):
        self.page.goto(f"{self.site.origin}/upload")
        with self.page.expect_file_chooser() as chooser:
            self.page.locator("#file").click()
        chooser.value.set_files({"name": "own.txt", "mimeType": "text/plain", "buffer": b"sent by python"})
        self.page.get_by_text("own.txt:sent by python").wait_for()

    @server.needs_hangar
    def test_downloads(self):
        self.page.goto(f"{self.site.origin}/")
        with self.page.expect_download() as download:
            self.page.evaluate("() => { location.href = '/report.csv' }")
        self.assertEqual(download.value.suggested_filename, "report.csv")
        self.assertIsNone(download.value.failure())
        cdp = self.context.new_cdp_session(self.page)
        [kept] = cdp.send("Hangar.listDownloads")["downloads"]
        self.assertEqual((kept["suggestedFilename"], kept["state"], kept["size"]), ("report.csv", "completed", 11))

    @server.needs_hangar
    def test_is_told_why_it_is_refused(self):
        with self.assertRaisesRegex(Error, "401"):
            self.playwright.chromium.connect_over_cdp(self.hangar.endpoint(token="wrong"))


if __name__ == "__main__":
    unittest.main()
