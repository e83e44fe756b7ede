import Testing

import Ensembles

@Suite struct StoredNameTests {
    @Test(
        arguments: [
            ("logits", nil, .logits, ""), ("test_logits", .test, .logits, ""), ("Logits-Train", .train, .logits, ""),
            ("testLogits", .test, .logits, ""), ("train.logits", .train, .logits, ""), ("logits500", nil, .logits, ""),
            ("seed_3_test", .test, nil, ""), ("run-12", nil, nil, ""), ("outputs", nil, .logits, ""),
            ("y_pred", nil, .logits, ""), ("pred_labels", nil, nil, "predicted"), ("y_true", nil, .labels, ""),
            ("y_train", .train, .labels, ""), ("label_ids", nil, .labels, ""), ("ground_truth", nil, .labels, ""),
            ("logits_tta", nil, .logits, "tta"), ("clean_0", nil, nil, "clean"),
            ("probs_test", .test, .probabilities, ""),
            ("f0a1b2c3-77aa-4c1e-9a55-0a1b2c3d4e00", nil, nil, ""), ("3k2jx9a1", nil, nil, ""),
            ("val_logits", nil, .logits, "val"), ("trainset_logits", .train, .logits, ""), ("te_3", .test, nil, ""),
            ("resnet18s0test", .test, nil, "resnet_s"), ("cifar10_train", .train, nil, "cifar"),
            ("eval_test", .test, nil, "eval"), ("label_smoothing_0", nil, .labels, "smoothing"),
            ("", nil, nil, ""), ("größe", nil, nil, "größe"),
        ] as [(String, ExampleSet?, StoredName.Kind?, String)])
    func `a name says of which examples and what an array is`(
        _ name: String, set: ExampleSet?, kind: StoredName.Kind?, rest: String
    ) {
        let says = StoredName(name)
        #expect(says.set == set && says.kind == kind && says.rest == rest, "\(says)")
    }

    @Test func `validation examples and the like are neither test nor training examples`() {
        for name in ["val_logits", "dev", "ood_3", "validation-7"] { #expect(StoredName(name).isOfOtherExamples) }
        for name in ["test", "eval_test", "logits", "evaluate_me"] { #expect(!StoredName(name).isOfOtherExamples) }
    }

    @Test func `a run is told from others by what is left of a name`() {
        #expect(StoredName("test_7").run == StoredName("train_7").run)
        #expect(StoredName("seed_7_test_logits").run != StoredName("seed_8_test_logits").run)
        #expect(StoredName("logits").run == StoredName("logits_train").run)
        #expect(StoredName("test_007").run == StoredName("train_7").run)
        #expect(StoredName("test_000").run == StoredName("train_0").run)
    }
}
