"""How it runs on Kubernetes: the files of `k8s/`, made from the lists of settings, topics and metrics."""
