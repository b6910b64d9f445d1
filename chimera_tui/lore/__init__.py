"""What a persona knows while it speaks: lore, macros, the briefing."""
