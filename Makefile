# 每个命令会先准备好 .venv / each command prepares .venv first (infra/bootstrap.py; instant when nothing changed)
PYTHON ?= python3
ARGS ?=
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench evaluate-checkin openapi docs seed lock clean

help: ## 列出全部命令 / list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@$(PYTHON) infra/bootstrap.py

demo: setup ## 启动整个系统（PORT=8000） / run the whole system with demo data
	@$(RUN) -m infra.supervisor

test: setup ## 运行测试（ARGS="-k visit"） / run the tests
	@$(RUN) -m pytest -n 2 --dist loadgroup $(ARGS)

check: setup ## 静态检查：风格、类型、依赖方向、迁移、契约、锁 / everything that is checked without running tests
	@$(RUN) -m infra.check

bench: setup ## 测量性能，结果写入 .run/bench.json / measure speed
	@$(RUN) -m infra.bench $(ARGS)

evaluate-checkin: setup ## 评估签到判定：诚实与作弊各判对多少 / how many honest and forged check-ins are judged rightly
	@$(RUN) -m infra.evaluation

openapi: setup ## 重新生成 mobile_api/openapi.json / write the API contract anew
	@$(RUN) manage.py export_openapi

docs: setup ## 重新生成由代码派生的文档 / write the pages derived from the code anew
	@$(RUN) manage.py check_docs --write

seed: setup ## 写入演示数据（可重复执行） / write the demo data; may be repeated
	@$(RUN) manage.py seed_demo

lock: setup ## 按 pyproject.toml 重新锁定依赖 / lock the dependencies anew
	@$(RUN) -m infra.lock

clean: ## 删除一切生成物，包括演示数据库 / delete all that was generated, the demo database too
	@$(PYTHON) infra/clean.py
