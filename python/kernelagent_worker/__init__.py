"""The Python side of KernelAgent: a zygote that imports torch once and forks a fresh process per role.

docs/PROTOCOL.md is the contract with the C++ program. Nothing here decides policy: roles measure and report.
"""
