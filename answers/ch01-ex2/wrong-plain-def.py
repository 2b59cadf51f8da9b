# build_report ran on the loop's own thread, and the loop was frozen
# breaks: free, value, errors


def report_async(path, build_report):
    return build_report(path)
