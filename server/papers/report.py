from server.papers.payload import Exhibits, Tree
from server.papers.data import ServiceReport
def tree(data: ServiceReport, exhibits: Exhibits) -> Tree:
    raise NotImplementedError
