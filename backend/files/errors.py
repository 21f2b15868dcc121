from backend.core.errors import Conflict, Forbidden, Invalid, Unavailable
from backend.core.text import bilingual


class TypeNotTaken(Invalid):
    code = "file_type_not_taken"
    message = bilingual("这里不接受此类型的文件。", "Files of this type are not taken here.")


class FileTooLarge(Invalid):
    code = "file_too_large"
    message = bilingual(
        "文件过大：图片不超过 20 MB，文档与录音不超过 10 MB，视频不超过 50 MB。",
        "Too large: images 20 MB, documents and sound 10 MB, films 50 MB at most.",
    )


class SizeMismatch(Invalid):
    code = "size_mismatch"
    message = bilingual("收到的大小与声明不符，请重新上传。", "Not of the declared size. Upload it again.")


class ChecksumMismatch(Invalid):
    code = "checksum_mismatch"
    message = bilingual("收到的内容与声明的校验和不符，请重新上传。", "Not of the declared checksum. Upload it again.")


class TypeMismatch(Invalid):
    code = "type_mismatch"
    message = bilingual("Content-Type 与声明的类型不符。", "The Content-Type is not the declared type.")


class UploadMissing(Conflict):
    code = "upload_missing"
    message = bilingual("文件尚未上传。", "The file has not been uploaded yet.")


class PartsDoNotFit(Invalid):
    code = "parts_do_not_fit"
    message = bilingual(
        "分片校验和的个数与文件大小不符：每片 524288 字节，最后一片为余下字节。",
        "Not as many checksums as parts: each has 524288 bytes, the last one the rest.",
    )


class PartsMissing(Conflict):
    """`missing` names them; what has arrived is kept."""

    code = "parts_missing"
    message = bilingual("尚有分片未上传。", "Some parts have not been uploaded yet.")


class NotACaptionedKind(Conflict):
    code = "file_takes_no_caption"
    message = bilingual(
        "这里只接受未被拒收的图片、录音或视频。", "Only pictures and recordings that were not refused are taken here."
    )


class LinkInvalid(Forbidden):
    code = "link_invalid"
    message = bilingual("链接无效。", "This link is not valid.")


class LinkExpired(Forbidden):
    code = "link_expired"
    message = bilingual("链接已过期，请重新获取。", "This link has expired. Ask for a new one.")


class StorageUnavailable(Unavailable):
    """The disk is full or the object storage does not answer; nothing was kept."""

    code = "storage_unavailable"
    message = bilingual("文件存储暂时不可用，请稍后重试。", "The file storage is not available. Try again later.")
