"""RULEBOOK: what people do with the rules: look them up, check them, explain what they find, add to them."""
