"""The review room: what people look at, made of plain records; it draws and decides nothing."""
