"""What pages, Markdown, terminal and form render: plain values, computed once."""
