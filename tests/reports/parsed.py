"""A page taken apart."""

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "path", "use", "rect", "img", "hr"}


class Parsed(HTMLParser):
    """Ids, links, SVGs and whatever loads something; complains about unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.svgs, self.loads, self.stack, self.faults = [], [], [], [], [], []
        self.nodes = self.figures = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.nodes += 1
        self.figures += tag == "figure"
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values.get("href"))
        if tag == "svg":
            self.svgs.append(values)
        if tag in ("script", "img", "link", "iframe", "source", "use", "image"):
            self.loads += [v for k, v in attrs if k in ("src", "href", "xlink:href", "srcset") and v]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"unexpected </{tag}> at {self.getpos()}")
