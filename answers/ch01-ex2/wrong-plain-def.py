# The loop was frozen
# breaks: free, value, errors


def report_async(path, build_report):
    return build_report(path)
