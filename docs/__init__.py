"""The documentation: pages in Markdown, built by Sphinx; `reference` makes two of them."""
