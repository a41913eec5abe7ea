"""A private Prometheus that scrapes one vmapd, and promtool."""
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from harness.process import Process, free_port, wait_until

CONFIGURATION = """\
global:
  scrape_interval: {interval}
  scrape_timeout: {interval}
  evaluation_interval: {interval}
rule_files: [{rules}]
scrape_configs:
  - job_name: vmapd
    static_configs: [{{targets: ["{target}"]}}]
"""


def promtool(*arguments, text=None):
    return subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True,
                          check=False, timeout=60)


class Prometheus:
    def __init__(self, directory, target, interval="1s", rules=()):
        """target: HOST:PORT of vmapd's metrics; rules: files with alerts. Nothing runs yet."""
        self.directory = str(directory)
        os.makedirs(self.directory, mode=0o755, exist_ok=True)
        configuration = f"{self.directory}/prometheus.yml"
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(interval=interval, target=target,
                                            rules=", ".join(map(str, rules))))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = Process(
            ["prometheus", f"--config.file={configuration}",
             f"--storage.tsdb.path={self.directory}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
            f"{self.directory}/prometheus.log")

    def start(self):
        self.process.start()
        wait_until(self._is_ready, "Prometheus is ready", 60)

    def stop(self):
        self.process.stop()

    def query(self, expression):
        """The series at this moment: [(labels, value)]."""
        return [(series["metric"], float(series["value"][1]))
                for series in self._ask("query", query=expression)["result"]]

    def query_range(self, expression, start, end, step):
        """[(labels, [(time, value)])]"""
        found = self._ask("query_range", query=expression, start=start, end=end, step=step)
        return [(series["metric"], [(float(when), float(value)) for when, value in series["values"]])
                for series in found["result"]]

    def alerts(self):
        """Names of the alerts that are pending or fire."""
        return {alert["labels"]["alertname"] for alert in self._ask("alerts")["alerts"]}

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5):
                return True
        except OSError:
            return False

    def _ask(self, what, **parameters):
        url = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{parameters}: {error.read().decode()}") from None
