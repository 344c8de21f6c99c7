"""How the data sets that come with scikit-learn are called; scikit-learn itself takes seconds to import."""

SKLEARN_PREFIX = "sklearn:"
SKLEARN_NAMES = ("breast_cancer", "diabetes", "digits", "digits-images", "iris", "wine")
