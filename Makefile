# Songda (送达). `make` or `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

# Compiled once, not in each of the dozen processes of a stack, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

export PORT ?= 8000
export VAR ?= $(CURDIR)/var
export PYTHONPATH := $(CURDIR)/miniprogram-api:$(CURDIR)

VENV := .venv
PY := $(VENV)/bin/python
# The first Python that is new enough; only the set-up uses it.
PYTHON ?= $(firstword $(foreach candidate,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(candidate) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(candidate))))
SETUP = if [ -z "$(PYTHON)" ]; then \
	echo "✗ 需要 Python 3.11 或更新版本(Python 3.11+ is required):apt-get install python3" >&2; exit 1; fi; \
	$(PYTHON) -m tools.setup

# Everything Python that is ours; the checks name it once.
PYTHON_CODE := wsgi.py server miniprogram-api/miniprogram_api portal routing evidence printers tests tools bench
CHECKED := $(wildcard $(PYTHON_CODE))
WEB := server/board/web

.PHONY: help
help: ## 列出全部命令(本页)
	@printf '送达 Songda\n\n'
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | \
		awk -F '\t' '{ printf "%-20s %s\n", $$1, $$2 }'
	@printf '\n变量:PORT=8000  VAR=./var  MONGODB_URI=…  REDIS_URL=…(给出后两项时不启动内置数据库)\n'

.PHONY: run
run up: export SONGDA_STARTED_AT := $(shell date +%s)
run: ## 在本机启动整套系统(前台,Ctrl-C 停止);首次会安装所需的一切
	@$(SETUP) run
	@exec $(PY) -m tools.stack run

.PHONY: up
up: ## 同 run,但在后台运行,就绪后返回
	@$(SETUP) run
	@exec $(PY) -m tools.stack up

.PHONY: status
status: ## 查看 VAR 上的系统是否在运行
	@$(PY) -m tools.stack status || true

.PHONY: down
down: ## 停止 VAR 上正在运行的系统
	@exec $(PY) -m tools.stack down

# All tests on two workers, each with databases of its own; a given Redis is one worker's to empty.
WORKERS := $(if $(REDIS_URL),,-n 2)

.PHONY: test
test: ## 运行全部测试;ARGS="tests/unit -k 名字" 只运行一部分
	@$(SETUP) test
	@if [ -z "$(ARGS)" ] && [ -f $(WEB)/package.json ]; then $(PYTHON) -m tools.setup npm test; fi
	@exec $(PY) -m pytest $(if $(ARGS),$(ARGS),$(WORKERS))

.PHONY: lint
lint: ## 全部静态检查:格式、ruff、mypy、依赖方向、接口文档与依赖清单是否一致、前端
	@$(SETUP) lint
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; names=()
	@# All at once; each says what it has to say when its turn comes.
	@check() {
		local told="$$out/$${#names[@]}"; names+=("$$1")
		{ "$${@:2}" </dev/null && touch "$$told.passed"; } >"$$told" 2>&1 &
	}
	@check "mypy" $(PY) -m mypy
	@if [ -f $(WEB)/package.json ]; then check "前端 eslint、vue-tsc" $(PYTHON) -m tools.setup npm run --silent lint; fi
	@check "依赖方向 lint-imports" $(VENV)/bin/lint-imports --no-logo
	@check "接口文档 docs/openapi.json(make openapi 可重新生成)" $(PY) -m tools.offline openapi check docs/openapi.json
	@check "权限对照表 docs/permissions.md(make openapi 可重新生成)" $(PY) -m tools.offline permissions check docs/permissions.md
	@check "状态图 docs/states.md(make openapi 可重新生成)" $(PY) -m tools.offline states check docs/states.md
	@check "依赖清单 requirements*.txt(make requirements 可重新生成)" $(PY) -m tools.requirements check
	@check "ruff format(make format 可自动改正)" $(PY) -m ruff format --check --quiet $(CHECKED)
	@check "ruff check" $(PY) -m ruff check --quiet $(CHECKED)
	@wait; failed=
	@for n in "$${!names[@]}"; do
		echo "── $${names[$$n]}"; cat "$$out/$$n"
		[ -e "$$out/$$n.passed" ] || failed="$$failed  $${names[$$n]}\n"
	done
	@if [ -n "$$failed" ]; then printf "✗ 未通过:\n$$failed" >&2; exit 1; fi
	@echo "✓ 检查全部通过"

.PHONY: audit
audit: ## 检查依赖包的已知漏洞(需要能访问软件源的漏洞库;不属于 make lint)
	@$(SETUP) lint
	@failed=; $(VENV)/bin/pip-audit --requirement requirements.txt --require-hashes --disable-pip --strict || failed=1
	@$(PYTHON) -m tools.setup npm audit --audit-level=high || failed=1
	@if [ -n "$$failed" ]; then echo "✗ 有依赖存在已知漏洞,或漏洞库无法访问(见上)" >&2; exit 1; fi

.PHONY: format
format: ## 按统一格式改写代码,并修正能自动修正的问题
	@$(SETUP) lint
	@$(PY) -m ruff check --fix --quiet $(CHECKED)
	@$(PY) -m ruff format --quiet $(CHECKED)

.PHONY: openapi
openapi: ## 重新生成 docs/openapi.json、docs/permissions.md 和 docs/states.md
	@$(PY) -m tools.offline openapi write docs/openapi.json
	@$(PY) -m tools.offline permissions write docs/permissions.md
	@$(PY) -m tools.offline states write docs/states.md

.PHONY: requirements
requirements: ## 由 pyproject.toml 重新生成锁定的依赖清单;UPGRADE=1 时升级到最新版本
	@$(PY) -c 'import uv' 2>/dev/null || $(PY) -m pip install --quiet uv
	@exec $(PY) -m tools.requirements write $(if $(UPGRADE),--upgrade)

.PHONY: bench
bench: ## 性能测量,打印表格;结论记在 docs/performance.md
	@$(SETUP) test
	@exec $(PY) -m bench $(ARGS)

.PHONY: bench-evidence
bench-evidence: ## 证据链路的性能测量(断点续传与 @tus/server 对比、分析、证据包、存证日志)
	@$(SETUP) test
	@exec $(PY) -m bench $(ARGS) evidence uploads

.PHONY: bench-routing
bench-routing: ## 路线规划与其他求解器的对比测量(同机同时限);ARGS="--quick"、"--only court --seconds 1,5 --out F.json"
	@$(SETUP) test
	@exec $(PY) -m bench routing $(ARGS)

BASE_URL ?= http://127.0.0.1:$(PORT)
SEED ?= 1

.PHONY: day
day: ## 对运行中的系统演完整的一天:CASES=F SERVERS=F DATE=D [BASE_URL=…] [SEED=1] [DROP=0.2]
	@: $${CASES:?请给出 CASES=案件文件.xlsx} $${SERVERS:?请给出 SERVERS=人员文件.csv} $${DATE:?请给出 DATE=2026-11-24}
	@exec env STACK_URL="$(BASE_URL)" $(PY) -m tools.stack.flask day play --cases "$$CASES" --servers "$$SERVERS" --date "$$DATE" \
		--base-url "$(BASE_URL)" --seed "$(SEED)" $(if $(DROP),--drop "$(DROP)")

.PHONY: evidence-bundle
evidence-bundle: ## 从运行中的系统(同一 VAR)导出证据包:OUT=F.zip DAY=D|VISIT=编号|CASE=案号|REPORT=编号 [COURT=代字]
	@: $${OUT:?请给出 OUT=证据包.zip}
	@exec $(PY) -m tools.stack.flask evidence export --out "$$OUT" $${DAY:+--day "$$DAY"} $${VISIT:+--visit "$$VISIT"} \
		$${CASE:+--case "$$CASE"} $${REPORT:+--report "$$REPORT"} $${COURT:+--court "$$COURT"}

.PHONY: clean
clean: ## 删除生成的文件(保留 .venv、node_modules 和 VAR 中的数据)
	@find $(CHECKED) -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .schemathesis $(WEB)/dist
