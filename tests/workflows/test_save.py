def test_a(store, git, save_versions):
    print(save_versions(3))
    print(git(store, "log", "--format=%B"))
    print(git(store, "status", "--porcelain"))
