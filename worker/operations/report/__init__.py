"""The bug report: one text with what somebody who helps has to know, without a secret. Standard library only."""
