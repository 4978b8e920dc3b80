"""What analysis may have to say about a file, one code each, with the words for people. None of them is a verdict."""

CONCERNS: dict[str, str] = {
    "analysis.cpu": "分析超出处理器时限，已中止",
    "analysis.crash": "解码程序异常退出，文件可能已损坏或被篡改",
    "analysis.memory": "分析所需内存超出上限，已中止",
    "analysis.output": "分析生成的文件超出上限，已中止",
    "analysis.time": "分析超时，已中止",
    "audio.damaged": "录音部分内容无法解码",
    "audio.none": "文件中没有声音",
    "audio.silent": "录音几乎没有声音",
    "audio.too_long": "录音超过 12 小时，未作解码",
    "audio.too_short": "录音不足 1 秒",
    "exif.no_offset": "照片自带的拍摄时间没有时区，按北京时间处理",
    "exif.point_unreadable": "照片自带的位置无法读取",
    "exif.time_unreadable": "照片自带的拍摄时间无法读取",
    "exif.unreadable": "照片自带信息（EXIF）已损坏",
    "file.active_content": "文件中夹有网页或脚本代码",
    "file.broken": "文件已损坏或不完整，无法解码",
    "file.embedded_archive": "文件中夹有压缩包",
    "file.embedded_document": "文件中夹有 PDF 文件",
    "file.empty": "文件是空的（0 字节）",
    "file.incomplete": "文件不完整，尾部缺失",
    "file.too_large": "文件过大，未作解码",
    "file.trailing_data": "图像结束之后还有其他数据",
    "file.trailing_video": "照片后附有一段视频（动态照片）",
    "file.unknown_type": "无法识别文件类型",
    "image.blank": "画面几乎是同一颜色，看不出内容",
    "image.blurred": "画面模糊",
    "image.cut_off": "画面下部为单一颜色，照片可能不完整",
    "image.too_bright": "画面过亮",
    "image.too_dark": "画面过暗",
    "image.too_many_pixels": "图片像素过多，未作解码",
    "signature.straight": "笔迹近似一条直线，不像签名",
    "signature.too_few_points": "笔迹的点过少",
    "signature.too_fast": "笔迹在极短时间内完成",
    "signature.too_short": "笔迹过短",
    "signature.too_small": "签名过小或不完整",
    "signature.unreadable": "签名无法辨认，画面大部分被涂满",
    "time.in_file_unreadable": "文件自带的时间无法读取",
    "type.mismatch": "文件实际类型与登记的类型不一致",
    "video.damaged": "视频部分内容无法解码",
    "video.no_picture": "文件中没有视频画面",
    "video.proxy_shortened": "预览视频只包含开头部分",
    "video.too_long": "视频超过 3 小时，未作解码",
    "video.too_many_pixels": "视频画面尺寸过大，未作解码",
}
# After these the file could not be read as what it should be.
BREAKING = frozenset(
    {
        "analysis.cpu", "analysis.crash", "analysis.memory", "analysis.output", "analysis.time",
        "audio.none", "file.broken", "file.empty", "file.unknown_type", "video.no_picture",
    }
)  # fmt: skip


def words(code: str) -> str:
    """The sentence for people, or the code itself for one of a newer version."""
    return CONCERNS.get(code, code)
