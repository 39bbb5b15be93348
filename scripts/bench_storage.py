"""A storage behind another server, for giftless: it hands out links, and the objects pass it by."""

from pathlib import Path

from giftless.storage import ExternalStorage, exc


class LinkedStorage(ExternalStorage):
    """The objects of a folder, which a server at `url` gives and takes."""

    def __init__(self, path, url):
        self.path, self.url = Path(path), url

    def exists(self, prefix, oid):
        return (self.path / prefix / oid).is_file()

    def get_size(self, prefix, oid):
        try:
            return (self.path / prefix / oid).stat().st_size
        except FileNotFoundError as error:
            raise exc.ObjectNotFoundError("Object does not exist") from error

    def get_download_action(self, prefix, oid, size, expires_in, extra=None):
        return self._link("download", prefix, oid, expires_in)

    def get_upload_action(self, prefix, oid, size, expires_in, extra=None):
        return self._link("upload", prefix, oid, expires_in)

    def _link(self, action, prefix, oid, expires_in):
        link = {"href": f"{self.url}/{prefix}/{oid}", "header": {}, "expires_in": expires_in}
        return {"actions": {action: link}}
