# The loop was frozen


def report_async(path, build_report):
    return build_report(path)
