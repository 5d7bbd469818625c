"""Where robots run: bubblewrap where it works, supervised process trees elsewhere.

This package stays free of imports: the guardian starts from it and must start fast.
"""
