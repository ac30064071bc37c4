"""REST and WebSocket with nothing but a socket library, as the documentation's Python examples do."""

import itertools
import json
import unittest

from websockets.sync.client import connect

import server

CONTAINER = r"^udd_[a-z0-9]{16}$"


class Connection:
    """One DevTools connection, open within its `with` block: calls in, replies out, events dropped."""

    def __init__(self, url):
        # The message limit of the library is for small chats; a screenshot is larger.
        self._opening = connect(url, max_size=None, compression=None)
        self._ids = itertools.count(1)

    def __enter__(self):
        self._socket = self._opening.__enter__()
        return self

    def __exit__(self, *exception):
        return self._opening.__exit__(*exception)

    def call(self, method, session=None, **params):
        message = {"id": next(self._ids), "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            reply = json.loads(self._socket.recv(timeout=server.PATIENCE_SECONDS))
            if reply.get("id") == message["id"]:
                return reply["result"]

    def open_page(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        return self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]


class RawTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = server.Site()
        cls.addClassCleanup(cls.site.close)
        cls.hangar = server.start()
        cls.addClassCleanup(cls.hangar.stop)

    def test_drives_a_page(self):
        with Connection(self.hangar.endpoint()) as connection:
            page = connection.open_page()
            connection.call("Page.enable", page)
            connection.call("Page.navigate", page, url=f"{self.site.origin}/")

            def title():
                return connection.call("Runtime.evaluate", page, expression="document.title")["result"]["value"]

            server.eventually("the page", lambda: title() == "First")
            self.assertTrue(connection.call("Page.captureScreenshot", page)["data"].startswith("iVBOR"))

    @server.needs_hangar
    def test_user_data_can_be_deleted_right_after_the_socket_is_closed(self):
        for _ in range(3):
            status, made = self.hangar.api("POST", "/api/user-data")
            self.assertEqual(status, 200)
            self.assertRegex(made["id"], CONTAINER)

            with Connection(self.hangar.endpoint(user_data_id=made["id"])) as connection:
                connection.call("Browser.getVersion")
                status, listed = self.hangar.api("GET", "/api/user-data")
                [mine] = [item for item in listed["items"] if item["id"] == made["id"]]
                self.assertTrue(mine["isLocked"])
                self.assertIsNotNone(mine.get("lastUsedAt"))

            self.assertEqual(self.hangar.api("DELETE", f"/api/user-data/{made['id']}"), (200, {"success": True}))

    @server.needs_hangar
    def test_quota_usage_and_history(self):
        for path, names in [
            ("/api/quota", {"totalQuota", "usedQuota", "remainingQuota", "percentUsed", "sessions", "pricing"}),
            ("/api/usage", {"totalSessions", "totalMinutes", "activeSessions"}),
            ("/api/history", {"sessions", "total"}),
        ]:
            status, body = self.hangar.api("GET", path)
            self.assertEqual(status, 200, path)
            self.assertLessEqual(names, body.keys(), path)
        self.assertEqual(self.hangar.api("GET", "/api/history?start=yesterday")[0], 400)

    @server.needs_hangar
    def test_refusals_have_a_text(self):
        status, body = self.hangar.api("GET", "/api/quota", headers={"Authorization": "Bearer wrong"})
        self.assertEqual(status, 401)
        self.assertIsInstance(body["error"], str)


if __name__ == "__main__":
    unittest.main()
