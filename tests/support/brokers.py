"""Message brokers that tests start, kill and start again, each on a free port of this machine."""

import shutil
from pathlib import Path

import pytest
from kombu import Connection

from tests.support.processes import Program, eventually, free_port, is_listening


class Broker:
    """kombu's folder of messages, as development and the demo use it: there is nothing to start."""

    url = "filesystem://"

    def __init__(self, home: Path) -> None:
        """Skips the test where the program is not installed."""

    def start(self) -> None:
        """Returns when it takes messages; what it held before depends on its kind."""

    def kill(self) -> None:
        """kill -9."""

    def end(self) -> None:
        self.kill()


class Redis(Broker):
    """Without its append-only file, as Debian ships it: it forgets everything when it is killed."""

    def __init__(self, home: Path) -> None:
        self._home, self._port = home, free_port()
        self._binary = _found("redis-server", "redis-server")
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._home)]
        self._server = Program(self._binary, *options, env={}, log=self._home / "redis.log")
        eventually(lambda: is_listening(self._port), what="Redis")

    def kill(self) -> None:
        self._server.kill()


class RabbitMQ(Broker):
    """A node of its own with its own port mapper, so that none of another is touched."""

    def __init__(self, home: Path) -> None:
        self._home, self._port, self._mapper_port = home, free_port(), free_port()
        self._binary = _found("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")  # not Debian's su wrapper
        mapper = _found("epmd", "rabbitmq-server"), "-port", str(self._mapper_port), "-address", "127.0.0.1"
        self._mapper = Program(*mapper, env={}, log=home / "epmd.log")
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def start(self) -> None:
        env = {
            "HOME": str(self._home),
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": f"waiqin-test-{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(self._home / "mnesia"),
            "RABBITMQ_CONFIG_FILE": str(self._home / "none.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._home / "none"),
            "RABBITMQ_LOGS": "-",
        }
        eventually(lambda: is_listening(self._mapper_port), what="epmd")
        self._server = Program(self._binary, env=env, log=self._home / "rabbitmq.log")
        eventually(self._takes_connections, what="RabbitMQ")

    def kill(self) -> None:
        self._server.kill()

    def end(self) -> None:
        self.kill()
        self._mapper.kill()

    def _takes_connections(self) -> bool:
        if not is_listening(self._port):
            return False
        try:
            with Connection(self.url, connect_timeout=5) as connection:
                connection.connect()
        except OSError:
            return False
        return True


BROKERS = {"filesystem": Broker, "redis": Redis, "rabbitmq": RabbitMQ}


def _found(binary: str, package: str) -> str:
    path = shutil.which(binary)
    if path is None:
        pytest.skip(f"{binary} is not installed: apt-get install {package}")
    return path
