"""Objects in a bucket of moto's server: it speaks S3's protocol over HTTP and is the closest to a real one that PyPI has."""

import json
import logging
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import RemoteFailed, UsageError
from trainstore.workflows.save import save_records
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
Git = Callable[..., str]
KEY, SECRET = "AKIAEXAMPLE", "a-secret-that-nobody-prints"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server with one bucket, ``shelf``."""
    server_of = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = server_of.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1",
        aws_access_key_id=KEY, aws_secret_access_key=SECRET,
    )  # fmt: skip
    client.create_bucket(Bucket="shelf")
    yield f"http://{host}:{port}"
    tell(f"http://{host}:{port}/moto-api/reset")  # what servers hold is this whole process's
    server.stop()


@pytest.fixture
def people(people: Any, address: str, git: Git, make_record: Any, record_run: Callable[..., str]) -> Any:
    config = people.ann.root / ".dvc/config"
    text = config.read_text().replace(str(people.storage), "s3://shelf/objects")
    config.write_text(f"{text}    endpointurl = {address}\n    region = us-east-1\n")
    git(people.ann, "commit", "--quiet", "--all", "--message", "Share by the bucket")
    for person in (people.ann, people.ben):
        let_in(person, KEY)
    save_records(people.ann, [make_record()])
    record_run(people.ann, "Net", weights=b"weights" * 1000)
    return people


def let_in(person: Any, key: str, secret: str = SECRET) -> None:
    (person.root / ".dvc/config.local").write_text(
        f"['remote \"storage\"']\n    access_key_id = {key}\n    secret_access_key = {secret}\n"
    )


def tell(address: str, word: str = "") -> None:
    """Tell the server something about itself."""
    told = urllib.request.Request(address, word.encode(), {"Content-Type": "text/plain"})
    urllib.request.urlopen(told).close()


@pytest.fixture
def guarded(address: str, people: Any) -> Iterator[tuple[str, str]]:
    """The server looks at keys and signatures now; the key and the secret that it lets in."""
    boto3 = pytest.importorskip("boto3")
    iam = boto3.client(
        "iam", endpoint_url=address, region_name="us-east-1",
        aws_access_key_id=KEY, aws_secret_access_key=SECRET,
    )  # fmt: skip
    iam.create_user(UserName="ann")
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="ann", PolicyName="objects", PolicyDocument=policy)
    made = iam.create_access_key(UserName="ann")["AccessKey"]
    tell(f"{address}/moto-api/reset-auth", "0")
    yield made["AccessKeyId"], made["SecretAccessKey"]
    tell(f"{address}/moto-api/reset-auth", "inf")


def test_what_one_pushes_the_other_pulls_and_gets_when_it_is_needed(people: Any, cached: Any) -> None:
    assert push_store(people.ann, PushOptions()).objects == 3
    assert push_store(people.ann, PushOptions()).objects == 0
    assert len(pull_store(people.ben, PullOptions()).came) == 2
    (run,) = Store(people.ben).runs()
    files = Store(people.ben).checkpoint_files(run.run_id)
    assert files["weights.safetensors"].read_bytes() == b"weights" * 1000
    assert cached(people.ben) == cached(people.ann)


def test_what_left_the_tree_goes_from_the_bucket(people: Any, address: str) -> None:
    boto3 = pytest.importorskip("boto3")
    push_store(people.ann, PushOptions())
    Store(people.ann).undo()
    push_store(people.ann, PushOptions())
    done = Store(people.ann).remote_reclaim(Store(people.ann).remote_reclaim_plan(grace_s=0)).result
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1",
        aws_access_key_id=KEY, aws_secret_access_key=SECRET,
    )  # fmt: skip
    left = [one["Key"] for one in client.list_objects_v2(Bucket="shelf")["Contents"]]
    assert len(left) == 1 and left[0].startswith("objects/.trainstore/stores/")
    assert done.reclaimed_bytes == done.plan.reclaimable_bytes > 7000
    client.put_object(Bucket="shelf", Key="objects/.trainstore/stores/0123456789abcdef", Body=b"")
    with pytest.raises(UsageError, match=r"s3://shelf/objects/\.trainstore/stores/0123456789abcdef"):
        Store(people.ann).remote_reclaim_plan(grace_s=0)


def test_a_bucket_that_is_not_there_and_no_secret_is_told(people: Any, git: Git) -> None:
    config = people.ann.root / ".dvc/config"
    config.write_text(config.read_text().replace("s3://shelf/", "s3://nowhere/"))
    before = git(people.git_remote, "rev-parse", "main")
    with pytest.raises(RemoteFailed, match="Could not send to the DVC remote 'storage'") as caught:
        push_store(people.ann, PushOptions())
    assert SECRET not in caught.value.message + caught.value.hint
    assert git(people.git_remote, "rev-parse", "main") == before


def test_a_server_that_is_not_there(people: Any) -> None:
    config = people.ann.root / ".dvc/config.local"
    config.write_text(config.read_text() + "    endpointurl = http://127.0.0.1:9\n    connect_timeout = 1\n")
    with pytest.raises(RemoteFailed, match=r"Could not ask the DVC remote 'storage'"):
        push_store(people.ann, PushOptions())


class TestWrongCredentials:
    @pytest.mark.parametrize("wrong", ["key", "secret"])
    def test_a_push_says_so_and_the_right_ones_are_all_it_takes(
        self, people: Any, guarded: tuple[str, str], git: Git, cached: Any, wrong: str
    ) -> None:
        before, here = git(people.git_remote, "rev-parse", "main"), cached(people.ann)
        key, secret = guarded
        let_in(people.ann, "AKIANOBODY" if wrong == "key" else key, SECRET)
        with pytest.raises(RemoteFailed, match="the DVC remote 'storage': it does not let you") as caught:
            push_store(people.ann, PushOptions())
        assert caught.value.hint == "See who you are there: dvc remote modify --local --help"
        assert SECRET not in caught.value.message
        assert (git(people.git_remote, "rev-parse", "main"), cached(people.ann)) == (before, here)
        let_in(people.ann, key, secret)
        assert push_store(people.ann, PushOptions()).objects == 3
        assert git(people.git_remote, "rev-parse", "main") == git(people.ann, "rev-parse", "HEAD")

    def test_what_is_asked_for_does_not_come_and_the_right_ones_are_all_it_takes(
        self, people: Any, guarded: tuple[str, str], cached: Any
    ) -> None:
        let_in(people.ann, *guarded)
        push_store(people.ann, PushOptions())
        pull_store(people.ben, PullOptions())  # git alone, which knows nothing of the bucket
        let_in(people.ben, guarded[0], SECRET)
        (run,) = Store(people.ben).runs()
        with pytest.raises(RemoteFailed, match="the DVC remote 'storage': it does not let you"):
            Store(people.ben).checkpoint_files(run.run_id)
        assert cached(people.ben) == set()
        let_in(people.ben, *guarded)
        assert Store(people.ben).checkpoint_files(run.run_id).keys() >= {"weights.safetensors"}
