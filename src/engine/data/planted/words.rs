//! The words of the planted world: what its topics are called, and of what titles, tags and queries are made.

/// The words of one topic.
pub struct TopicWords {
    /// What people call it.
    pub name: &'static str,
    /// The middle word of a title.
    pub kinds: [&'static str; 8],
    /// The last word of a title.
    pub things: [&'static str; 6],
    /// What items are tagged with.
    pub tags: [&'static str; 6],
}

/// The first word of a title, the same for all topics, so that it says nothing about them.
pub const MOODS: [&str; 24] = [
    "Slow", "Northern", "Golden", "Quiet", "Bright", "Little", "Hidden", "Grand", "Early", "Late", "Wild", "Blue",
    "Silver", "Simple", "Open", "Warm", "Winter", "Summer", "Distant", "Plain", "Second", "Honest", "Coastal", "New",
];

/// What people in the planted world are called.
pub const FIRST_NAMES: [&str; 40] = [
    "Ada", "Ben", "Chidi", "Dana", "Emil", "Fatma", "Gita", "Hugo", "Ines", "Jun", "Kofi", "Lena", "Mei", "Nils",
    "Olga", "Pavel", "Qiang", "Rosa", "Samir", "Tove", "Uma", "Vera", "Wen", "Ximena", "Yusuf", "Zoe", "Amir", "Bela",
    "Clara", "Diego", "Elif", "Finn", "Grace", "Hana", "Ivan", "Joana", "Kai", "Lucia", "Marek", "Noor",
];

/// The topics there are words for.
pub const TOPICS: [TopicWords; 16] = [
    TopicWords {
        name: "Jazz",
        kinds: [
            "Swing",
            "Bebop",
            "Saxophone",
            "Trumpet",
            "Ballroom",
            "Ragtime",
            "Vocal",
            "Improvised",
        ],
        things: ["Trio", "Quartet", "Session", "Standards", "Album", "Nocturne"],
        tags: ["brass", "improvisation", "vinyl", "live", "blues", "rhythm"],
    },
    TopicWords {
        name: "Baking",
        kinds: [
            "Rye",
            "Sourdough",
            "Almond",
            "Cinnamon",
            "Butter",
            "Walnut",
            "Lemon",
            "Chocolate",
        ],
        things: ["Bread", "Cake", "Buns", "Pastry", "Loaf", "Tart"],
        tags: ["oven", "flour", "yeast", "dessert", "breakfast", "dough"],
    },
    TopicWords {
        name: "Climbing",
        kinds: [
            "Granite",
            "Limestone",
            "Ridge",
            "Boulder",
            "Summit",
            "Rope",
            "Alpine",
            "Glacier",
        ],
        things: ["Route", "Ascent", "Wall", "Traverse", "Harness", "Guidebook"],
        tags: ["mountains", "grip", "altitude", "belay", "outdoor", "chalk"],
    },
    TopicWords {
        name: "Astronomy",
        kinds: [
            "Lunar",
            "Comet",
            "Nebula",
            "Orbit",
            "Eclipse",
            "Telescope",
            "Meteor",
            "Planet",
        ],
        things: ["Atlas", "Observatory", "Chart", "Survey", "Lens", "Almanac"],
        tags: ["sky", "night", "space", "stars", "optics", "cosmos"],
    },
    TopicWords {
        name: "Gardening",
        kinds: [
            "Herb",
            "Rose",
            "Tomato",
            "Orchard",
            "Moss",
            "Tulip",
            "Compost",
            "Greenhouse",
        ],
        things: ["Bed", "Seeds", "Planter", "Border", "Nursery", "Calendar"],
        tags: ["soil", "bloom", "spring", "watering", "harvest", "pollinators"],
    },
    TopicWords {
        name: "Chess",
        kinds: [
            "Gambit",
            "Endgame",
            "Knight",
            "Bishop",
            "Opening",
            "Sicilian",
            "Tournament",
            "Blitz",
        ],
        things: ["Puzzles", "Lessons", "Match", "Repertoire", "Clock", "Study"],
        tags: ["board", "strategy", "rating", "tactics", "checkmate", "grandmaster"],
    },
    TopicWords {
        name: "Sailing",
        kinds: [
            "Harbour",
            "Regatta",
            "Lighthouse",
            "Anchor",
            "Schooner",
            "Tide",
            "Compass",
            "Island",
        ],
        things: ["Voyage", "Crossing", "Sails", "Passage", "Logbook", "Rigging"],
        tags: ["wind", "sea", "boat", "knots", "weather", "coast"],
    },
    TopicWords {
        name: "Pottery",
        kinds: [
            "Clay",
            "Stoneware",
            "Porcelain",
            "Glazed",
            "Raku",
            "Terracotta",
            "Wheel",
            "Kiln",
        ],
        things: ["Bowl", "Vase", "Mug", "Teapot", "Tiles", "Plate"],
        tags: ["handmade", "ceramic", "studio", "firing", "craft", "glaze"],
    },
    TopicWords {
        name: "Cycling",
        kinds: [
            "Gravel",
            "Velodrome",
            "Touring",
            "Carbon",
            "Mountain",
            "Commuter",
            "Sprint",
            "Tandem",
        ],
        things: ["Bike", "Wheels", "Saddle", "Tour", "Jersey", "Pedals"],
        tags: ["gears", "road", "endurance", "helmet", "cadence", "tyres"],
    },
    TopicWords {
        name: "Mystery",
        kinds: [
            "Detective",
            "Midnight",
            "Vanished",
            "Manor",
            "Cipher",
            "Alibi",
            "Witness",
            "Poison",
        ],
        things: ["Case", "Novel", "Affair", "Secret", "Clue", "Verdict"],
        tags: ["crime", "suspense", "inspector", "thriller", "whodunit", "noir"],
    },
    TopicWords {
        name: "Robotics",
        kinds: [
            "Servo",
            "Walking",
            "Drone",
            "Sensor",
            "Swarm",
            "Gripper",
            "Rover",
            "Soldering",
        ],
        things: ["Kit", "Arm", "Workshop", "Controller", "Blueprint", "Motor"],
        tags: ["electronics", "code", "autonomous", "actuator", "maker", "machine"],
    },
    TopicWords {
        name: "Painting",
        kinds: [
            "Watercolour",
            "Oil",
            "Portrait",
            "Landscape",
            "Charcoal",
            "Fresco",
            "Abstract",
            "Canvas",
        ],
        things: ["Set", "Sketchbook", "Easel", "Brushes", "Palette", "Exhibition"],
        tags: ["colour", "gallery", "pigment", "drawing", "impressionist", "frame"],
    },
    TopicWords {
        name: "History",
        kinds: [
            "Roman", "Viking", "Medieval", "Bronze", "Imperial", "Silk", "Maritime", "Ancient",
        ],
        things: ["Chronicle", "Empire", "Archive", "Ruins", "Treaty", "Dynasty"],
        tags: ["archaeology", "museum", "century", "war", "kings", "documents"],
    },
    TopicWords {
        name: "Yoga",
        kinds: [
            "Breathing",
            "Morning",
            "Balance",
            "Restorative",
            "Meditation",
            "Flow",
            "Lotus",
            "Gentle",
        ],
        things: ["Practice", "Mat", "Retreat", "Sequence", "Cushion", "Course"],
        tags: ["stretching", "mindfulness", "calm", "posture", "wellness", "breath"],
    },
    TopicWords {
        name: "Coffee",
        kinds: [
            "Espresso",
            "Arabica",
            "Filter",
            "Roasted",
            "Mocha",
            "Ristretto",
            "Crema",
            "Barista",
        ],
        things: ["Beans", "Grinder", "Blend", "Brewer", "Kettle", "Press"],
        tags: ["aroma", "caffeine", "roastery", "cup", "brew", "arabian"],
    },
    TopicWords {
        name: "Birding",
        kinds: [
            "Owl",
            "Heron",
            "Falcon",
            "Warbler",
            "Marsh",
            "Songbird",
            "Migration",
            "Feather",
        ],
        things: ["Field Guide", "Binoculars", "Nestbox", "Recording", "Hide", "Checklist"],
        tags: ["birds", "wings", "wetland", "dawn", "species", "nature"],
    },
];
