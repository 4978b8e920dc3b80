"""Why a road engine gave no answer."""


class RoadError(Exception):
    """An engine's answer that is none: `code` for programs, `message_zh` for people, never the request (it has keys).

    `again`: a moment later it may go well. `final`: no further request will go well today. `split`: a smaller one may.
    """

    def __init__(
        self, code: str, message_zh: str, *, again: bool = False, final: bool = False, split: bool = False
    ) -> None:
        super().__init__(f"{code}: {message_zh}")
        self.code = code
        self.message_zh = message_zh
        self.again = again
        self.final = final
        self.split = split


def wrong_answer(words: str) -> RoadError:
    """The engine answered something its documentation does not know."""
    return RoadError("roads.wrong_answer", f"路网服务的应答无法采用：{words}")


OFF_ROAD = "roads.off_road"


def off_road() -> RoadError:
    """One of the points asked about lies too far from any road."""
    return RoadError(OFF_ROAD, "有地点附近没有道路")


STOPPED = "roads.stopped"


def stopped() -> RoadError:
    """Not asked any more: another request of the same fetch was refused for good, or the fetch is over."""
    return RoadError(STOPPED, "已停止询问路网服务")
