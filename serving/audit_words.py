"""What is wrong with an audit log, in Chinese."""

from __future__ import annotations

from data.audit_check import Fault


def fault_words(fault: Fault) -> str:
    """One sentence: which line, and what happened to it."""
    own = f"第 {fault.line} 号记录"
    several = f"第 {fault.line} 至 {fault.last} 号记录" if fault.last > fault.line else own
    at = f"文件第 {fault.place} 行"
    return {
        "changed": f"{at}：{own}被改过，与写入时不符"
        if fault.line
        else f"{at}：不是写入时的内容，多半是加进去的",
        "broken_off": f"{at}：没有写完就断了，之后没有再写",
        "missing": f"{several}：不见了，被删去",
        "out_of_order": f"{at}：{own}次序不对，被调换过",
        "repeated": f"{at}：{own}重复出现",
        "unchained": f"{at}：{own}接不上它的前一条，前一条被换过",
        "cut": f"{several}：写入过，现在文件末尾没有了，被截去",
        "replaced": f"{own}：与保存的摘要不符，被换过",
        "head": "记录旁边的 .head 文件被改过",
    }[fault.kind]
