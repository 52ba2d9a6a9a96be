"""The embedded deployment: Synapse and every process of ours on one machine, started, watched and stopped together.

stack = Stack(plan({"var": tmp_path}).…)      # tests: see brigade.stack.stack
await stack.start()
"""
