"""The whole loop played on a labelled data set, before anybody relies on it."""
